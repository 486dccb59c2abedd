//! Links on small recorded sheets: text in, link out.
