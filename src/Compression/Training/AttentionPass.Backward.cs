using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Compression.Training;

// With P the probabilities and dO the gradients of the results: dV = Pᵀ·dO, dP = dO·Vᵀ, dS = P ∘ (dP − rowsum(P ∘ dP)), dQ = scale·dS·K and
// dK = dSᵀ·(scale·Q). Products with a transposed left side take P and dS as columns of panels, query by query, so that they are only copied.
internal sealed partial class AttentionPass
{
    // Keys whose gradients are computed at once: four panels.
    private const int KeyRows = 64;

    private void AttendBack(TrainingSegment segment, int kvHead, AttentionScratch s)
    {
        AttentionBackScratch back = s.Back;
        int length = segment.Length;
        int panelFloats = PackKeys(segment, kvHead, s);
        PackRows(s.Values, segment, ValueColumn(kvHead));
        s.Columns.Shape(_head, length);
        PackColumns(segment, KeyColumn(kvHead), s);
        back.Probabilities.Shape(length, length);
        back.AllScoreGradients.Shape(length, length);
        back.KeyGradients.Values.Clear();
        back.ValueGradients.Values.Clear();
        for (int h = 0; h < _group; h++)
        {
            int column = ((kvHead * _group) + h) * _head;
            for (int first = 0; first < length; first += QueryRows)
            {
                BackQueries(segment, column, first, Math.Min(QueryRows, length - first), panelFloats, s);
            }

            // Columns and rows that pad queries.
            for (int query = length; query < FloatPanels.PadColumns(length); query++)
            {
                back.Probabilities.SetColumn(query, s.Zeros.AsSpan(0, length));
                back.AllScoreGradients.SetColumn(query, s.Zeros.AsSpan(0, length));
            }

            AddKeyProduct(back.Probabilities, back.ResultColumns, back.Product, back.ValueGradients, length);
            AddKeyProduct(back.AllScoreGradients, back.QueryColumns, back.Product, back.KeyGradients, length);
        }

        for (int token = 0; token < length; token++)
        {
            Span<float> row = _dQkv!.Row(segment.First + token);
            back.KeyGradients.Row(token).CopyTo(row.Slice(KeyColumn(kvHead), _head));
            back.ValueGradients.Row(token).CopyTo(row.Slice(ValueColumn(kvHead), _head));
        }
    }

    // Some queries: their own gradients, and P and dS put where the keys' products find them.
    private void BackQueries(TrainingSegment segment, int column, int first, int count, int panelFloats, AttentionScratch s)
    {
        AttentionBackScratch back = s.Back;
        int length = segment.Length;
        int visible = first + count;
        Probabilities(segment, column, first, count, panelFloats, s);
        for (int i = 0; i < count; i++)
        {
            _dAttended!.Row(segment.First + first + i).Slice(column, _head).CopyTo(back.Results.Row(i));
            SetColumn(back.ResultColumns, first + i, back.Results.Row(i));
            SetColumn(back.QueryColumns, first + i, s.Queries.Row(i));
        }

        FloatPanels.Multiply(
            _kernels, s.Values.Values, panelFloats, FloatPanels.PanelCount(visible), _head, back.Results.Values, back.Results.Stride, count,
            back.ScoreGradients.Values, back.ScoreGradients.Stride);
        for (int i = 0; i < count; i++)
        {
            int position = first + i;
            ReadOnlySpan<float> p = s.Scores.Values.Slice(i * s.Scores.Stride, FloatPanels.PadColumns(length));
            Span<float> g = back.ScoreGradients.Values.Slice(i * back.ScoreGradients.Stride, FloatPanels.PadColumns(length));
            int end = position + 1;
            g[end..].Clear();
            float sum = DenseKernels.Dot(p[..end], g[..end]);
            for (int key = 0; key < end; key++)
            {
                g[key] = p[key] * (g[key] - sum);
            }

            back.Probabilities.SetColumn(position, p[..length]);
            back.AllScoreGradients.SetColumn(position, g[..length]);
        }

        FloatPanels.Multiply(
            _kernels, s.Columns.Values, FloatPanels.PanelFloats(length), FloatPanels.PanelCount(_head), visible, back.ScoreGradients.Values,
            back.ScoreGradients.Stride, count, s.Narrow.Values, s.Narrow.Stride);
        for (int i = 0; i < count; i++)
        {
            Span<float> target = _dQkv!.Row(segment.First + first + i).Slice(column, _head);
            ReadOnlySpan<float> source = s.Narrow.Row(i);
            for (int d = 0; d < target.Length; d++)
            {
                target[d] = source[d] * _scale;
            }
        }
    }

    // gradients[key, d] += Σ over queries of w[key, query] · x[d, query]; queries before a key's panel do not see it.
    private void AddKeyProduct(PanelBuffer w, FloatRows x, FloatRows product, FloatRows gradients, int length)
    {
        int panelFloats = FloatPanels.PanelFloats(length);
        int panels = FloatPanels.PanelCount(length);
        for (int key = 0; key < length; key += KeyRows)
        {
            int panel = key / 16;
            FloatPanels.Multiply(
                _kernels, w.Values[((panel * panelFloats) + (key * 16))..], panelFloats, Math.Min(KeyRows / 16, panels - panel), length - key,
                x.Values[key..], x.Stride, _head, product.Values[key..], product.Stride);
        }

        for (int key = 0; key < length; key++)
        {
            Span<float> row = gradients.Row(key);
            for (int d = 0; d < row.Length; d++)
            {
                row[d] += product.Values[(d * product.Stride) + key];
            }
        }
    }

    private static void SetColumn(FloatRows rows, int column, ReadOnlySpan<float> values)
    {
        Span<float> target = rows.Values;
        for (int i = 0; i < values.Length; i++)
        {
            target[(i * rows.Stride) + column] = values[i];
        }
    }
}
