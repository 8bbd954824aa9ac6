//! Statements over tables, and rules that make whole graphs.

mod anchors;
mod edges;
mod networks;
mod pairs;
mod rules;
mod written;
