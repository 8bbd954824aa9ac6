//! Last steps: softmax and the like, which change no decision and are left out of the graph.

use super::build::Build;
use super::tensor::axis;
use super::value::{Call, Data, Value, Wrong, plain};
use crate::ann::Finish;

pub fn finish(b: &mut Build, call: &Call<'_>) -> Result<Vec<Value>, Wrong> {
    let Value::Data(d) = call.input(0) else {
        return Err("it has no input".into());
    };
    let bare = Data {
        finish: None,
        ..d.clone()
    };
    let has = b.shape(&bare);
    let rank = has.len() + 1;
    let wide: Vec<usize> = (0..has.len()).filter(|a| has[*a] != 1).collect();
    // All outputs of a sample must be one group.
    let over = |a: i64, from_here_on: bool| -> Result<bool, Wrong> {
        let a = axis(a, rank)?;
        Ok(match wide[..] {
            _ if a == 0 => false,
            [] => true,
            [only] => only + 1 == a || (from_here_on && only + 1 >= a),
            _ => from_here_on && a == 1,
        })
    };
    let (finish, whole) = match (call.op, &d.finish) {
        ("Softmax" | "LogSoftmax", None) => {
            // Up to operator set 12 all axes from the named one on are one.
            let old = call.opset < 13;
            let a = call.attributes.int("axis")?;
            let a = a.unwrap_or(if old { 1 } else { -1 });
            let finish = if call.op == "Softmax" {
                Finish::Softmax
            } else {
                Finish::LogSoftmax
            };
            (finish, over(a, old)?)
        }
        ("Sigmoid", None) => (Finish::Sigmoid, true),
        ("Log", Some((Finish::Softmax, _))) => (Finish::LogSoftmax, true),
        ("ArgMax", None | Some((Finish::Softmax | Finish::LogSoftmax | Finish::Sigmoid, _))) => {
            call.attributes.int("keepdims")?;
            if call.attributes.flag("select_last_index", false)? {
                return Err("it takes the last of equal outputs, not the first".into());
            }
            let a = call.attributes.int("axis")?.unwrap_or(0);
            (Finish::ArgMax, over(a, false)?)
        }
        ("Log", None) => {
            return Err(Wrong::new(
                "logarithms of activations cannot be converted",
                "the logarithm of a softmax can, as the last step",
            ));
        }
        _ => {
            plain(d)?;
            return Err("it follows another last step".into());
        }
    };
    if !whole {
        return Err(Wrong::new(
            format!(
                "it works along one axis of samples of {}",
                crate::ann::shape::text(&has)
            ),
            "a last step must run over all outputs of a sample",
        ));
    }
    // The name is that of the node to blame if somebody computes with the result.
    Ok(vec![Value::Data(Data {
        finish: Some((finish, call.name.to_string())),
        ..bare
    })])
}
