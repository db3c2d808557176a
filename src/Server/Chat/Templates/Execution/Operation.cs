using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Execution;

/// <summary>A filter, test, method or function: the value it works on (none for functions) and the arguments.</summary>
internal delegate TemplateValue Operation(TemplateRun run, TemplateValue subject, CallArguments arguments);
