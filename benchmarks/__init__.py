"""What Tactus costs, as ratios against the floor and the peers: `make bench`, `make bench-peers`."""
