"""A recipe for a language model of about a million parameters that can take part in a debate."""
