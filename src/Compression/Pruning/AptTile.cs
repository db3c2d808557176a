using Sparrow.Compression.Calibration;
using Sparrow.Compression.LinearAlgebra;

namespace Sparrow.Compression.Pruning;

/// <summary>Preconditioned conjugate gradients for some rows at once, each with the mask of its own.</summary>
internal sealed class AptTile
{
    private readonly double[] _gram;
    private readonly double _scale;
    private readonly AptOptions _options;
    private readonly int _columns;
    private readonly double[] _shift;
    private readonly bool[] _dead;
    private readonly double[] _inverseDiagonal;
    private readonly double[] _difference;
    private readonly double[] _residual;
    private readonly double[] _direction;
    private readonly double[] _product;
    private readonly double[] _rho;
    private readonly double[] _goal;

    public AptTile(double[] gram, double scale, HessianFactor factor, AptOptions options, int rows)
    {
        _gram = gram;
        _scale = scale;
        _options = options;
        _columns = factor.Columns;
        _dead = factor.Dead;
        _shift = new double[_columns];
        _inverseDiagonal = new double[_columns];
        for (int column = 0; column < _columns; column++)
        {
            // A dead channel counts as a diagonal entry of 1, as in the factor.
            _shift[column] = factor.Shift + (factor.Dead[column] ? 1 : 0);
            _inverseDiagonal[column] = 1 / ((gram[column * (_columns + 1)] * scale) + _shift[column]);
        }

        _difference = new double[rows * _columns];
        _residual = new double[rows * _columns];
        _direction = new double[rows * _columns];
        _product = new double[rows * _columns];
        _rho = new double[rows];
        _goal = new double[rows];
    }

    /// <returns>Iterations.</returns>
    public int Solve(float[] dense, float[] weights, PruneMask mask, int firstRow, int rows, double[] initial, double[] errors)
    {
        // 1. d = w − ŵ; the residual of the kept entries is (H·d)_K, since ŵ is to satisfy H_KK·ŵ_K = (H·w)_K.
        Start(dense, weights, mask, firstRow, rows);
        Multiply(_difference, rows);
        for (int i = 0; i < rows; i++)
        {
            initial[firstRow + i] = DenseKernels.Dot<double>(Row(_difference, i), Row(_product, i));
            SetResidual(mask, firstRow + i, i);
        }

        // 2. Iterate; a row that has arrived stands still, whatever its neighbours do.
        int iteration = 0;
        for (; iteration < _options.MaxIterations && Active(rows); iteration++)
        {
            Multiply(_direction, rows);
            for (int i = 0; i < rows; i++)
            {
                if (_rho[i] > _goal[i])
                {
                    Step(mask, firstRow + i, i);
                }
            }
        }

        // 3. Write the kept entries back; the error is that of the rounded weights.
        for (int i = 0; i < rows; i++)
        {
            for (int column = 0; column < _columns; column++)
            {
                int index = ((firstRow + i) * _columns) + column;
                bool kept = mask.IsKept(firstRow + i, column) && !_dead[column];
                weights[index] = kept ? (float)(dense[index] - _difference[(i * _columns) + column]) : 0;
                _difference[(i * _columns) + column] = Difference(dense[index], weights[index], column);
            }
        }

        Multiply(_difference, rows);
        for (int i = 0; i < rows; i++)
        {
            errors[firstRow + i] = DenseKernels.Dot<double>(Row(_difference, i), Row(_product, i));
        }

        return iteration;
    }

    private void Start(float[] dense, float[] weights, PruneMask mask, int firstRow, int rows)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int column = 0; column < _columns; column++)
            {
                int index = ((firstRow + i) * _columns) + column;
                float kept = mask.IsKept(firstRow + i, column) ? weights[index] : 0;
                _difference[(i * _columns) + column] = Difference(dense[index], kept, column);
            }
        }
    }

    // Weights of dead channels are cleared, as in the sweep, and count for nothing.
    private double Difference(float dense, float changed, int column) => _dead[column] ? 0 : (double)dense - changed;

    private void SetResidual(PruneMask mask, int row, int i)
    {
        Span<double> residual = Row(_residual, i);
        Span<double> direction = Row(_direction, i);
        ReadOnlySpan<double> product = Row(_product, i);
        double rho = 0;
        double all = 0;
        for (int column = 0; column < _columns; column++)
        {
            residual[column] = mask.IsKept(row, column) ? product[column] : 0;
            direction[column] = residual[column] * _inverseDiagonal[column];
            rho += residual[column] * direction[column];
            all += product[column] * product[column] * _inverseDiagonal[column];
        }

        _rho[i] = rho;
        _goal[i] = all * _options.Tolerance * _options.Tolerance;
    }

    private bool Active(int rows)
    {
        for (int i = 0; i < rows; i++)
        {
            if (_rho[i] > _goal[i])
            {
                return true;
            }
        }

        return false;
    }

    private void Step(PruneMask mask, int row, int i)
    {
        Span<double> residual = Row(_residual, i);
        Span<double> direction = Row(_direction, i);
        ReadOnlySpan<double> product = Row(_product, i);
        double curvature = DenseKernels.Dot<double>(direction, product);
        double alpha = _rho[i] / curvature;
        DenseKernels.AddScaled(direction, -alpha, Row(_difference, i));
        double rho = 0;
        for (int column = 0; column < _columns; column++)
        {
            if (mask.IsKept(row, column))
            {
                residual[column] -= alpha * product[column];
                rho += residual[column] * residual[column] * _inverseDiagonal[column];
            }
        }

        double beta = rho / _rho[i];
        for (int column = 0; column < _columns; column++)
        {
            direction[column] = (residual[column] * _inverseDiagonal[column]) + (beta * direction[column]);
        }

        _rho[i] = rho;
    }

    // product = values · H, with H = scale·gram + shift on the diagonal; no copy of the Hessian is made.
    private void Multiply(double[] values, int rows)
    {
        _product.AsSpan(0, rows * _columns).Clear();
        DenseKernels.Accumulate<double>(values, _columns, 1, _gram, _columns, _product, _columns, rows, _columns, _columns, subtract: false);
        for (int i = 0; i < rows; i++)
        {
            Span<double> product = Row(_product, i);
            ReadOnlySpan<double> source = Row(values, i);
            for (int column = 0; column < _columns; column++)
            {
                product[column] = (product[column] * _scale) + (source[column] * _shift[column]);
            }
        }
    }

    private Span<double> Row(double[] values, int row) => values.AsSpan(row * _columns, _columns);
}
