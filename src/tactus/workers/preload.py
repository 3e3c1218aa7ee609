"""Modules and weights of all children, loaded once by the fork server so that a child starts in milliseconds."""

import av  # noqa: F401
import numpy as np  # noqa: F401
import scipy.fft
import scipy.ndimage
import scipy.signal  # noqa: F401
import soxr  # noqa: F401

import tactus.workers.track_child  # noqa: F401
from tactus.workers.model_files import network_weights

network_weights()
