using System.CommandLine;
using Sparrow.Server.Commands;

// The executable's commands, one file each. Without one, it serves.
RootCommand root = new("Sparrow serves compressed language models over the OpenAI API.");
ServeCommand.AddTo(root);
return await root.Parse(args).InvokeAsync();
