"""What the network reports: contracts, readers, quarantine, the lake."""
