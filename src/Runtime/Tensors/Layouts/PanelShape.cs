using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>Padding of rows and columns in panel layouts.</summary>
internal static class PanelShape
{
    public static int PadColumns(int columns) => checked(columns + PanelMatrix.BlockColumns - 1) & -PanelMatrix.BlockColumns;

    public static int PanelCount(int rows) => (rows + PanelMatrix.PanelRows - 1) / PanelMatrix.PanelRows;
}
