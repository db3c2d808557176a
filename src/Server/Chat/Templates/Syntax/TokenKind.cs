namespace Sparrow.Server.Chat.Templates.Syntax;

internal enum TokenKind
{
    /// <summary>Text between tags, whitespace control already applied.</summary>
    Text,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Integer,
    Float,
    String,
    Operator,
    End,
}
