"""Table of threshold currents of single myelinated motor axons.

Source: the double-cable model of McIntyre, Richardson and Grill (2002, 10.1152/jn.00353.2001), run in NEURON for a
cathodic point source in a homogeneous medium of 4 ohm m, averaged over the alignments of electrode and node. Thresholds
are for a pulse of 0.1 ms. Other widths follow Weiss, I(w) = I_rheobase (1 + chronaxie / w), with chronaxies fitted
to 0.05-1.0 ms; anchored at 0.1 ms, they agree with the model within 7 % at every point. Certainty: modelled; nothing
here was measured on a nerve.
"""

from __future__ import annotations

import numpy as np

DIAMETERS_UM = np.array([8.0, 10.0, 12.0, 14.0, 16.0])
DISTANCES_MM = np.array([0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0])
TABLE_WIDTH_MS = 0.1

# A row for each distance, a column for each diameter.
THRESHOLDS_MA = np.array(
    [
        [0.02923, 0.03616, 0.04079, 0.04331, 0.0437],
        [0.03626, 0.0419, 0.04567, 0.04782, 0.04822],
        [0.05284, 0.05558, 0.05787, 0.05902, 0.05893],
        [0.07542, 0.0743, 0.07453, 0.07432, 0.07358],
        [0.125, 0.1151, 0.1103, 0.1071, 0.1045],
        [0.1897, 0.1673, 0.1553, 0.1476, 0.1432],
        [0.3651, 0.3044, 0.2717, 0.2524, 0.2395],
        [0.6089, 0.4893, 0.4254, 0.3861, 0.361],
        [1.348, 1.02, 0.8509, 0.7475, 0.683],
        [2.482, 1.802, 1.455, 1.252, 1.125],
        [4.103, 2.886, 2.27, 1.923, 1.704],
        [10.9, 7.232, 5.455, 4.459, 3.837],
        [22.72, 14.57, 10.64, 8.484, 7.196],
        [67.34, 41.45, 29.24, 22.52, 18.7],
        [150.4, 90.01, 62.08, 47.2, 38.53],
        [476.5, 280.0, 188.8, 140.1, 112.1],
    ]
).T

CHRONAXIES_MS = (
    1e-3
    * np.array(
        [
            [167, 165, 161, 155, 148],
            [166, 163, 160, 153, 147],
            [170, 164, 159, 153, 146],
            [178, 170, 162, 155, 148],
            [198, 182, 172, 164, 156],
            [220, 199, 186, 174, 166],
            [262, 234, 215, 201, 191],
            [298, 266, 244, 227, 216],
            [362, 322, 297, 278, 265],
            [409, 370, 342, 319, 304],
            [449, 407, 376, 358, 339],
            [525, 482, 454, 428, 411],
            [578, 538, 512, 490, 468],
            [631, 603, 586, 567, 553],
            [668, 648, 635, 621, 611],
            [703, 693, 693, 688, 682],
        ]
    ).T
)
