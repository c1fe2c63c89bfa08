"""Doses of local anaesthetics: limits and their sources, mixtures, cumulative doses, the lipid rescue, and the guard.

Reading order: ``drugs`` (the table), ``text`` (amounts as a clinician writes them), ``patient``, ``limits``,
``cumulative_dose``, ``calculation``, ``rescue``, ``toxin``, ``plan``, ``guard``. Amounts are in mg, volumes in mL,
concentrations in mg/mL, weights in kg.
"""
