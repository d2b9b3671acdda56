"""The examples of the OpenAPI document: what is asked, by part of the API, in a small world that it is asked about."""
