//! Messages and templates in, MIME and SMTP out.
