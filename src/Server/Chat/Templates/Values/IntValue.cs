using System.Numerics;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>Python's integers have no width; <see cref="MaxBits"/> keeps a template from filling memory with one.</summary>
internal sealed class IntValue(BigInteger value) : TemplateValue
{
    public const int MaxBits = 4096;

    public BigInteger Value { get; } = value;

    public override string TypeName => "int";

    public override bool IsTrue => !Value.IsZero;
}
