"""Doses of local anaesthetics: limits and their sources, mixtures, running totals, the lipid rescue, and the guard.

Reads in this order: ``drugs`` (the table), ``text`` (amounts as a clinician writes them), ``patient``, ``limits``,
``total``, ``rescue``, ``toxin``, ``guard``. Amounts are mg, volumes mL, concentrations mg/mL, weights kg.
"""
