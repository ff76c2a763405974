"""What the audit hands to a colleague: tables, NetCDF, figures, and a page that can be asked about any kernel."""
