//! Statements over tables, and rules that make whole graphs.

mod pairs;
