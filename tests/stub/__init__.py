"""Stands for NVIDIA's driver: a small libnvidia-ml.so.1, built here and told what to say."""
