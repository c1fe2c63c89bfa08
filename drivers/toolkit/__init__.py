"""Tools that drivers share: addresses with options, block builder, streaming base, time stamps, limit checks."""
