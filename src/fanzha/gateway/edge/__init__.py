"""The reference edge (Kamailio): what of the policy it enforces by itself, how it is told, and how it is started."""
