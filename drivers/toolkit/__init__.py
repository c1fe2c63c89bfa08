"""What drivers share: addresses with options, the block builder, the streaming base, time stamps, limit checks."""
