"""A patient's course of treatment: the plan, its baselines and scores, and the sessions that hang on it by case label.

Reading order: ``sheet`` and ``scores`` (what a plan holds), ``chained_lines`` (how it is kept), ``people`` (names, kept
apart), ``plan``, ``sessions`` (procedures under the label), ``intervals`` (doses so far, and how soon again), then what
is written: ``progress``, ``overview``, ``patient_page``, ``pictures`` and ``large_print``.
"""
