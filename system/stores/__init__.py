"""Stores that speak S3: a place in one, and the files of the product that may lie there."""
