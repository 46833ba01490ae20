"""LL-HLS out: packets become CMAF parts, parts become a playlist, a playlist becomes answers."""
