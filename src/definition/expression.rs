//! Arithmetic with units: `"eta * theta / (J * tau_m)"`.
//!
//! ```text
//! sum     := product (("+" | "-") product)*
//! product := unary (("*" | "/") unary)*
//! unary   := ("-" | "+") unary | power
//! power   := primary ["^" unary]
//! primary := number [unit] | name | function "(" sum ("," sum)* ")" | "(" sum ")"
//!          | unit                                   only behind "*" or "/"
//! ```
//!
//! A number binds its unit before any operator: `1 / 20 ms` is 50 Hz, `20 ms^2` is 400 ms². The
//! value is computed while reading, so there is no tree whose depth bad input could choose; only
//! parentheses, signs and powers nest, up to `DEEPEST`.

use std::collections::HashMap;
use std::ops::Range;

use super::diagnostics::nearest;
use super::units::{self, UNITS};
use crate::units::Dimension;

/// A number in the canonical unit of its dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    pub value: f64,
    pub dimension: Dimension,
}

impl Quantity {
    /// A number without a unit.
    pub fn plain(value: f64) -> Self {
        Self {
            value,
            dimension: Dimension::NONE,
        }
    }
}

/// The named values an expression may use. `None`: the name is known, its value was an error that
/// has been told already, and whatever uses it is quietly left out.
pub type Scope = HashMap<String, Option<Quantity>>;

/// Why an expression has no value.
#[derive(Debug, PartialEq)]
pub enum Failure {
    /// It uses a value that is itself in error.
    Poisoned,
    /// What is wrong, where in the text (bytes), and what to do about it.
    Wrong {
        message: String,
        at: Range<usize>,
        help: Option<String>,
    },
}

/// Functions of expressions.
pub const FUNCTIONS: [&str; 9] = [
    "sqrt", "exp", "log", "min", "max", "abs", "round", "floor", "ceil",
];

const DEEPEST: u32 = 48;

/// May a parameter have this name? If not, why.
pub fn reserved(name: &str) -> Option<String> {
    if units::find(name).is_some() {
        Some(format!("`{name}` is a unit"))
    } else if FUNCTIONS.contains(&name) {
        Some(format!("`{name}` is a function"))
    } else if !is_identifier(name) {
        Some(format!(
            "`{}` is not a name: names consist of letters, digits and _, and start with a letter or _",
            name.escape_debug()
        ))
    } else {
        None
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// The value of `text`.
pub fn evaluate(text: &str, scope: &Scope) -> Result<Quantity, Failure> {
    let tokens = tokenize(text)?;
    if tokens.is_empty() {
        return Err(wrong("a value is missing", 0..text.len()));
    }
    let mut reader = Reader {
        text,
        tokens: &tokens,
        at: 0,
        depth: 0,
        scope,
    };
    let value = reader.sum()?;
    if let Some((token, span)) = reader.peek() {
        let help = match token {
            Token::Name(_) | Token::Number(_) => Some("an operator is missing before it".into()),
            _ => None,
        };
        return Err(Failure::Wrong {
            message: format!("`{}` does not belong here", reader.slice(&span)),
            at: span,
            help,
        });
    }
    if !value.value.is_finite() {
        return Err(wrong("the result is not a finite number", 0..text.len()));
    }
    Ok(value)
}

/// Names that `text` refers to (neither units nor functions), in order; empty if it is no expression.
pub fn names(text: &str) -> Vec<String> {
    let Ok(tokens) = tokenize(text) else {
        return Vec::new();
    };
    tokens
        .into_iter()
        .filter_map(|(token, _)| match token {
            Token::Name(n) if units::find(n).is_none() && !FUNCTIONS.contains(&n) => {
                Some(n.to_string())
            }
            _ => None,
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Number(f64),
    Name(&'a str),
    Symbol(char),
}

fn wrong(message: impl Into<String>, at: Range<usize>) -> Failure {
    Failure::Wrong {
        message: message.into(),
        at,
        help: None,
    }
}

type Spanned<'a> = (Token<'a>, Range<usize>);

fn tokenize(text: &str) -> Result<Vec<Spanned<'_>>, Failure> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some(&(start, c)) = rest.peek() {
        if c.is_whitespace() {
            rest.next();
        } else if c.is_ascii_digit() || c == '.' {
            let length = number_length(text.get(start..).unwrap_or_default());
            let end = start + length.max(1);
            let digits = text.get(start..end).unwrap_or_default();
            let value: f64 = digits
                .replace('_', "")
                .parse()
                .map_err(|_| wrong(format!("`{digits}` is not a number"), start..end))?;
            tokens.push((Token::Number(value), start..end));
            while rest.peek().is_some_and(|&(i, _)| i < end) {
                rest.next();
            }
        } else if c.is_alphabetic() || c == '_' {
            let mut end = start;
            while let Some(&(i, c)) = rest.peek() {
                if !(c.is_alphanumeric() || c == '_') {
                    break;
                }
                end = i + c.len_utf8();
                rest.next();
            }
            let name = text.get(start..end).unwrap_or_default();
            tokens.push((Token::Name(name), start..end));
        } else if "+-*/^(),".contains(c) {
            tokens.push((Token::Symbol(c), start..start + 1));
            rest.next();
        } else {
            return Err(Failure::Wrong {
                message: format!("`{}` has no meaning in an expression", c.escape_debug()),
                at: start..start + c.len_utf8(),
                help: Some(
                    "expressions have numbers with units, names, + - * / ^ and parentheses".into(),
                ),
            });
        }
    }
    Ok(tokens)
}

/// Bytes of the number at the start of `text`. An `e` belongs to it only before digits, so that a
/// unit may follow directly.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .take_while(|b| b.is_ascii_digit() || **b == b'_')
            .count()
    };
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        length += 1;
        length += digits(length);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let power = digits(length + 1 + sign);
        if power > 0 {
            length += 1 + sign + power;
        }
    }
    length
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Spanned<'a>],
    at: usize,
    depth: u32,
    scope: &'a Scope,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<Spanned<'a>> {
        self.tokens.get(self.at).cloned()
    }

    fn slice(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn take(&mut self, symbols: &str) -> Option<char> {
        match self.peek() {
            Some((Token::Symbol(c), _)) if symbols.contains(c) => {
                self.at += 1;
                Some(c)
            }
            _ => None,
        }
    }

    /// First byte of the next token.
    fn start(&self) -> usize {
        self.peek().map_or(self.text.len(), |(_, s)| s.start)
    }

    /// End of the token read last.
    fn end(&self) -> usize {
        self.at
            .checked_sub(1)
            .and_then(|i| self.tokens.get(i))
            .map_or(0, |(_, s)| s.end)
    }

    fn sum(&mut self) -> Result<Quantity, Failure> {
        let start = self.start();
        let mut left = self.product()?;
        while let Some(operator) = self.take("+-") {
            let right = self.product()?;
            if left.dimension != right.dimension {
                let verb = if operator == '+' { "add" } else { "subtract" };
                return Err(wrong(
                    format!(
                        "cannot {verb} values of different kinds: {} {operator} {}",
                        left.dimension.name(),
                        right.dimension.name()
                    ),
                    start..self.end(),
                ));
            }
            match operator {
                '+' => left.value += right.value,
                _ => left.value -= right.value,
            }
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Quantity, Failure> {
        let start = self.start();
        let mut left = self.unary(false)?;
        while let Some(operator) = self.take("*/") {
            let right = self.unary(true)?;
            let (value, sign) = match operator {
                '*' => (left.value * right.value, 1),
                _ => (left.value / right.value, -1),
            };
            left = Quantity {
                value,
                dimension: combine(left.dimension, right.dimension, sign)
                    .ok_or_else(|| too_high(start..self.end()))?,
            };
        }
        Ok(left)
    }

    /// `bare_unit`: a unit without a number stands for one of it (as in `2 mV / ms`).
    fn unary(&mut self, bare_unit: bool) -> Result<Quantity, Failure> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let at = self.start();
            return Err(wrong("the expression is nested too deeply", at..at));
        }
        let value = match self.take("-+") {
            Some('-') => {
                let mut value = self.unary(bare_unit)?;
                value.value = -value.value;
                value
            }
            Some(_) => self.unary(bare_unit)?,
            None => self.power(bare_unit)?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn power(&mut self, bare_unit: bool) -> Result<Quantity, Failure> {
        let start = self.start();
        let base = self.primary(bare_unit)?;
        if self.take("^").is_none() {
            return Ok(base);
        }
        let exponent_at = self.start();
        let exponent = self.unary(false)?;
        if exponent.dimension != Dimension::NONE {
            return Err(wrong(
                format!(
                    "an exponent is a plain number, not a {}",
                    exponent.dimension.name()
                ),
                exponent_at..self.end(),
            ));
        }
        let dimension = raise(base.dimension, exponent.value).ok_or_else(|| {
            wrong(
                format!(
                    "a {} to the power of {} has no unit",
                    base.dimension.name(),
                    exponent.value
                ),
                start..self.end(),
            )
        })?;
        Ok(Quantity {
            value: libm::pow(base.value, exponent.value),
            dimension,
        })
    }

    fn primary(&mut self, bare_unit: bool) -> Result<Quantity, Failure> {
        let Some((token, span)) = self.peek() else {
            let end = self.text.len();
            return Err(wrong(
                "a value is missing at the end",
                end.saturating_sub(1)..end,
            ));
        };
        self.at += 1;
        match token {
            Token::Number(value) => {
                let Some((Token::Name(name), unit_span)) = self.peek() else {
                    return Ok(Quantity::plain(value));
                };
                self.at += 1;
                match units::find(name) {
                    Some(unit) => Ok(Quantity {
                        value: unit.canonical(value),
                        dimension: unit.dimension,
                    }),
                    None => Err(Failure::Wrong {
                        message: format!("`{name}` is not a unit"),
                        help: Some(self.unit_help(name, &span)),
                        at: unit_span,
                    }),
                }
            }
            Token::Symbol('(') => {
                let value = self.sum()?;
                self.close(span)?;
                Ok(value)
            }
            Token::Symbol(c) => Err(wrong(format!("a value is missing before `{c}`"), span)),
            Token::Name(name) => {
                if let Some(unit) = units::find(name) {
                    return if bare_unit {
                        Ok(Quantity {
                            value: unit.canonical(1.0),
                            dimension: unit.dimension,
                        })
                    } else {
                        Err(Failure::Wrong {
                            message: format!("the unit `{name}` needs a number before it"),
                            at: span,
                            help: Some(format!("write for example 1 {name}")),
                        })
                    };
                }
                if FUNCTIONS.contains(&name) {
                    return self.function(name, span);
                }
                match self.scope.get(name) {
                    Some(Some(value)) => Ok(*value),
                    Some(None) => Err(Failure::Poisoned),
                    None => {
                        let mut known: Vec<&str> = self.scope.keys().map(String::as_str).collect();
                        known.sort_unstable();
                        Err(Failure::Wrong {
                            message: format!("there is no parameter `{name}`"),
                            at: span,
                            help: Some(super::diagnostics::suggest(name, &known)),
                        })
                    }
                }
            }
        }
    }

    fn unit_help(&self, name: &str, number: &Range<usize>) -> String {
        if self.scope.contains_key(name) {
            return format!(
                "`{name}` is a parameter: write {} * {name}",
                self.slice(number)
            );
        }
        let all: Vec<&str> = UNITS.iter().map(|u| u.name).collect();
        match nearest(name, all.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? units: {}", all.join(", ")),
            None => format!("units: {}", all.join(", ")),
        }
    }

    fn close(&mut self, opened: Range<usize>) -> Result<(), Failure> {
        match self.take(")") {
            Some(_) => Ok(()),
            None => Err(wrong("this parenthesis is not closed", opened)),
        }
    }

    fn function(&mut self, name: &str, span: Range<usize>) -> Result<Quantity, Failure> {
        if self.take("(").is_none() {
            return Err(wrong(
                format!("the function `{name}` needs its argument in parentheses"),
                span,
            ));
        }
        let first = self.sum()?;
        let mut more = Vec::new();
        while self.take(",").is_some() {
            more.push(self.sum()?);
        }
        self.close(span.clone())?;
        let at = span.start..self.end();
        let several = name == "min" || name == "max";
        if several == more.is_empty() {
            let wanted = if several {
                "two or more arguments"
            } else {
                "one argument"
            };
            return Err(wrong(format!("`{name}` takes {wanted}"), at));
        }
        if matches!(name, "exp" | "log" | "round" | "floor" | "ceil")
            && first.dimension != Dimension::NONE
        {
            return Err(Failure::Wrong {
                message: format!(
                    "`{name}` needs a plain number, and this is a {}",
                    first.dimension.name()
                ),
                at,
                help: Some("divide it by a value of the same kind first".into()),
            });
        }
        let v = first.value;
        let value = match name {
            "sqrt" => {
                let dimension = raise(first.dimension, 0.5).ok_or_else(|| {
                    wrong(
                        format!(
                            "the square root of a {} has no unit",
                            first.dimension.name()
                        ),
                        at.clone(),
                    )
                })?;
                return Ok(Quantity {
                    value: libm::sqrt(v),
                    dimension,
                });
            }
            "exp" => libm::exp(v),
            "log" => libm::log(v),
            "abs" => v.abs(),
            "round" => v.round(),
            "floor" => v.floor(),
            "ceil" => v.ceil(),
            _ => {
                let mut best = v;
                for other in more {
                    if other.dimension != first.dimension {
                        return Err(wrong(
                            format!(
                                "`{name}` of values of different kinds: {} and {}",
                                first.dimension.name(),
                                other.dimension.name()
                            ),
                            at,
                        ));
                    }
                    best = if name == "min" {
                        best.min(other.value)
                    } else {
                        best.max(other.value)
                    };
                }
                best
            }
        };
        Ok(Quantity {
            value,
            dimension: first.dimension,
        })
    }
}

fn too_high(at: Range<usize>) -> Failure {
    wrong("the powers of the units are too high", at)
}

/// Product (`sign` 1) or quotient (-1); `None` where an exponent would leave the range.
fn combine(a: Dimension, b: Dimension, sign: i8) -> Option<Dimension> {
    let one = |x: i8, y: i8| x.checked_add(y.checked_mul(sign)?);
    Some(Dimension::new(
        one(a.time, b.time)?,
        one(a.voltage, b.voltage)?,
        one(a.current, b.current)?,
        one(a.length, b.length)?,
    ))
}

/// A dimension to a power; `None` where the result has fractional or too high exponents.
fn raise(d: Dimension, power: f64) -> Option<Dimension> {
    let one = |x: i8| {
        let y = if x == 0 { 0.0 } else { f64::from(x) * power };
        (y.fract() == 0.0 && y.abs() <= 100.0).then_some(y as i8)
    };
    Some(Dimension::new(
        one(d.time)?,
        one(d.voltage)?,
        one(d.current)?,
        one(d.length)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Quantity, Failure> {
        let mut scope = Scope::new();
        scope.insert("tau".into(), evaluate("20 ms", &Scope::new()).ok());
        scope.insert("bad".into(), None);
        evaluate(text, &scope)
    }

    fn number(text: &str) -> f64 {
        value(text).map(|q| q.value).unwrap_or(f64::NAN)
    }

    fn message(text: &str) -> String {
        match value(text) {
            Err(Failure::Wrong { message, .. }) => message,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn operators_bind_as_in_mathematics() {
        assert_eq!(number("2 + 3 * 4"), 14.0);
        assert_eq!(number("-2 ^ 2"), -4.0);
        assert_eq!(number("2 ^ 3 ^ 2"), 512.0);
        assert_eq!(number("2 ^ -1"), 0.5);
        assert_eq!(number("(2 + 3) * 4"), 20.0);
        assert_eq!(number("8 / 4 / 2"), 1.0);
        assert_eq!(number("max(1, 2, 3) - min(4, 5)"), -1.0);
        assert_eq!(number("1e3 + 1_000 + .5"), 2000.5);
    }

    #[test]
    fn a_number_binds_its_unit_before_any_operator() {
        let q = value("1 / 20 ms").ok();
        assert_eq!(q.map(|q| q.value), Some(0.05));
        assert_eq!(q.map(|q| q.dimension), Some(Dimension::RATE));
        assert_eq!(number("20ms ^ 2"), 400.0);
        assert_eq!(
            value("2 mV / ms").map(|q| q.dimension),
            Ok(Dimension::new(-1, 1, 0, 0))
        );
        assert_eq!(value("8 spikes/s").map(|q| q.value), Ok(0.001 * 8.0));
        assert_eq!(number("sqrt(tau * tau)"), 20.0);
    }

    #[test]
    fn nonsense_is_named() {
        assert!(message("1 ms + 1 mV").contains("time + voltage"));
        assert!(message("20 mx").contains("`mx` is not a unit"));
        assert!(message("tou").contains("no parameter `tou`"));
        assert!(message("2 tau").contains("not a unit"));
        assert!(message("(1").contains("not closed"));
        assert!(message("1 )").contains("does not belong"));
        assert!(message("1 +").contains("missing"));
        assert!(message("").contains("missing"));
        assert!(message("ms").contains("needs a number"));
        assert!(message("1 / 0").contains("finite"));
        assert!(message("1e999").contains("finite"));
        assert!(message("exp(tau)").contains("plain number"));
        assert!(message("sqrt(tau)").contains("square root"));
        assert!(message("min(1)").contains("two or more"));
        assert!(message("2 ^ tau").contains("exponent"));
        assert!(message("1 $ 2").contains("no meaning"));
        assert!(message("1.2.3").contains("does not belong"));
        assert!(message(".").contains("not a number"));
        assert!(message(&"(".repeat(10_000)).contains("deep"));
        assert!(message(&"-".repeat(10_000)).contains("deep"));
        assert!(message(&format!("tau{}", " * tau".repeat(500))).contains("too high"));
        assert_eq!(value("1 + bad"), Err(Failure::Poisoned));
    }

    #[test]
    fn a_long_sum_needs_no_stack() {
        assert_eq!(number(&format!("0{}", " + 1".repeat(200_000))), 200_000.0);
    }
}
