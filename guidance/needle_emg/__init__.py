"""Needle EMG without stimulation: detects, measures and sorts motor unit potentials and estimates their closeness."""
