"""The stop moment before the block: what is confirmed before the stimulator may be armed, answered item by item.

Reading order: ``items`` (what is confirmed), ``anticoagulants`` (the guideline's intervals), ``moment`` (the answers).
"""

from guidance.stop_moment.items import ITEMS, StopPlan
from guidance.stop_moment.moment import StopMoment

__all__ = ["ITEMS", "StopMoment", "StopPlan"]
