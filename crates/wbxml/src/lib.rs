//! wbxml
