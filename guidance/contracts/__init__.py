"""The contracts between the parts: records of the event stream, the operator's commands, the screen's snapshot."""
