"""Where the motor threshold is now, and so how near the nerve: a belief carried from pulse to pulse.

Read ``nerve`` (what is not known of a nerve), ``motion``, ``evidence``, ``filter``, ``report``, ``zones``.
"""
