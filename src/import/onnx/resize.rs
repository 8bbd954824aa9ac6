//! `Resize` and `Upsample` by the nearest element: a choice of elements.

use super::build::Build;
use super::value::{Call, Value, Wrong};

pub fn resize(b: &mut Build, call: &Call<'_>) -> Result<Vec<Value>, Wrong> {
    let d = call.data(0)?;
    let has = b.shape(&d);
    let rank = has.len() + 1;
    let a = &call.attributes;
    let mode = a.string("mode")?.unwrap_or("nearest".into());
    a.float("cubic_coeff_a")?;
    a.int("exclude_outside")?;
    a.float("extrapolation_value")?;
    a.int("antialias")?;
    a.string("keep_aspect_ratio_policy")?;
    if mode != "nearest" {
        return Err(Wrong::new(
            format!("its mode is `{}`", mode.escape_debug()),
            "only mode `nearest` can be converted; a transposed convolution can interpolate",
        ));
    }
    let upsample = call.op == "Upsample" || call.opset < 11;
    let (scales_at, sizes_at) = if upsample { (1, usize::MAX) } else { (2, 3) };
    if a.ints("axes")?.is_some() {
        return Err("it resizes named axes, which cannot be read yet; give all of them".into());
    }
    let coordinates = a.string("coordinate_transformation_mode")?;
    let coordinates =
        coordinates.unwrap_or(if upsample { "asymmetric" } else { "half_pixel" }.into());
    let rounding = a.string("nearest_mode")?;
    let rounding = rounding.unwrap_or(
        if upsample {
            "floor"
        } else {
            "round_prefer_floor"
        }
        .into(),
    );
    let listed = a.floats("scales")?;
    let scales = match (listed, call.optional(scales_at, "scales")?) {
        (Some(list), _) => list,
        (None, Some(t)) => t.reals()?,
        (None, None) => Vec::new(),
    };
    let sizes = match call.optional(sizes_at, "sizes")? {
        Some(t) => t.wholes()?,
        None => Vec::new(),
    };
    let mut maps = Vec::new();
    for (k, n) in has.iter().enumerate() {
        let (length, scale) = if scales.len() == rank {
            if k == 0 && scales[0] != 1.0 {
                return Err("it resizes the samples' axis".into());
            }
            let scale = f64::from(scales[k + 1]);
            ((*n as f64 * scale).floor(), scale)
        } else if sizes.len() == rank {
            let size = sizes[k + 1].get().ok_or("a size depends on the samples")?;
            (size as f64, size as f64 / *n as f64)
        } else {
            return Err(format!("it has no scales or sizes for {rank} axes").into());
        };
        if !(1.0..=65_536.0).contains(&length) {
            return Err(format!("it makes an axis of {n} one of {length}").into());
        }
        let n = *n as f64;
        let map = (0..length as usize).map(|i| {
            let i = i as f64;
            let x = match coordinates.as_str() {
                "asymmetric" => i / scale,
                "half_pixel" | "half_pixel_symmetric" => (i + 0.5) / scale - 0.5,
                "pytorch_half_pixel" if length > 1.0 => (i + 0.5) / scale - 0.5,
                "pytorch_half_pixel" => 0.0,
                "align_corners" if length > 1.0 => i * (n - 1.0) / (length - 1.0),
                "align_corners" => 0.0,
                other => {
                    return Err(Wrong::from(format!(
                        "its coordinate_transformation_mode is `{}`",
                        other.escape_debug()
                    )));
                }
            };
            let x = match rounding.as_str() {
                "floor" => x.floor(),
                "ceil" => x.ceil(),
                "round_prefer_floor" => (x - 0.5).ceil(),
                "round_prefer_ceil" => (x + 0.5).floor(),
                other => {
                    return Err(format!("its nearest_mode is `{}`", other.escape_debug()).into());
                }
            };
            Ok(Some(x.clamp(0.0, n - 1.0) as usize))
        });
        maps.push(map.collect::<Result<Vec<_>, Wrong>>()?);
    }
    Ok(vec![b.choose(call.name, &d, &maps, 0.0)?.into()])
}
