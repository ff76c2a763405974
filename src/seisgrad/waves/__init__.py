"""What waves in a vertical plane have in common: grids, places and axes; knows no system."""
