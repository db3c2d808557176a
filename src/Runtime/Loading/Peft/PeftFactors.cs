namespace Sparrow.Runtime.Loading.Peft;

/// <summary>The two factors of one linear as a folder of PEFT holds them.</summary>
/// <param name="Module">The linear: <c>model.layers.0.self_attn.q_proj</c>, as the family calls it.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Rank">Rows of A, columns of B.</param>
/// <param name="Scale">What B·A is multiplied with.</param>
/// <param name="A">Row-major [rank, columns].</param>
/// <param name="B">Row-major [rows, rank].</param>
internal sealed record PeftFactors(string Module, int Rows, int Columns, int Rank, float Scale, float[] A, float[] B)
{
    /// <summary>What stands before a module in the file.</summary>
    public const string Prefix = "base_model.model.";

    public const string EndOfA = ".lora_A.weight";
    public const string EndOfB = ".lora_B.weight";

    public string NameOfA => Prefix + Module + EndOfA;

    public string NameOfB => Prefix + Module + EndOfB;
}
