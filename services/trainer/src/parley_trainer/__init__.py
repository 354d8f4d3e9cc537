"""Finetunes a language model on the rows of one dataset, as a `job.json` says, and writes an adapter."""
