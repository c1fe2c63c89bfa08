"""Whether a device is fit for use: noise, mains, clock and scale, with advice."""
