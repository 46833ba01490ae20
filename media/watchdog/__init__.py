"""Watches every stream on air: pure rules fed once a second, findings with what to do, for clerk, log and metrics."""
