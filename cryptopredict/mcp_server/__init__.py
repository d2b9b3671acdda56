"""The product for assistants (Model Context Protocol): reads what the API reads, drafts what a person confirms."""
