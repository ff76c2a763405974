"""Parts of networks that know no seismology."""
