"""Weights of the drum classifier, printed by `python -m training.strokes`."""

HIT_WEIGHTS: dict[str, tuple[float, ...]] = {
    "kick": (
        1.95,
        0.17,
        -0.46,
        -1.14,
        -1.14,
        -1.18,  # before the peak, low to high
        0.34,
        -0.49,
        2.36,
        0.12,
        1.51,
        2.00,  # at the peak, low to high
        3.85,
        0.97,
        0.42,
        -2.46,
        -2.87,
        -0.90,  # after the peak, low to high
        -2.26,
    ),
    "snare": (
        0.16,
        0.85,
        -1.65,
        0.46,
        4.26,
        0.52,  # before the peak, low to high
        1.38,
        0.16,
        -1.02,
        -0.42,
        -0.61,
        -0.48,  # at the peak, low to high
        -0.91,
        -2.05,
        -1.18,
        1.73,
        3.71,
        3.01,  # after the peak, low to high
        -2.72,
    ),
    "hat": (
        0.37,
        0.00,
        1.41,
        0.69,
        -1.93,
        3.73,  # before the peak, low to high
        -0.67,
        -0.40,
        0.26,
        -0.83,
        -1.08,
        0.95,  # at the peak, low to high
        1.00,
        0.62,
        0.52,
        0.05,
        -1.22,
        3.44,  # after the peak, low to high
        -0.55,
    ),
}
