"""Monitoring: how values of batches become one, and what computes them over a stream.

`blocks.monitoring.aggregation` says how a variable is aggregated over batches,
`blocks.monitoring.evaluators` computes monitored variables over a data stream. The
extensions that use them are in `blocks.extensions.monitoring`.
"""
