//! Learning against outside truth: golden vectors, NEST, and a slow twin that updates weights at every
//! event.

mod golden;
mod homeostasis;
mod nest;
mod network;
mod properties;
mod rules;
mod slices;
mod twin;
