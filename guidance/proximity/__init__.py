"""Where the motor threshold is now, and so how near the nerve: a particle filter, moved from pulse to pulse.

Read ``particles`` (what is unknown of nerve and needle), ``motion``, ``likelihood``, ``resampling``, ``filter``,
``summary`` (which decides whether an estimate is valid); ``usual_response``, ``usual_latency``, ``usual_shape`` and
``responding_channels`` (another nerve, muscle or reflex).
"""
