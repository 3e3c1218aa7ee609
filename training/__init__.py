"""How the rhythm network was made: composes songs by rules, renders them, trains on them. Not part of the service."""
