"""OT Bioelettronica's Quattrocento over its network socket."""
