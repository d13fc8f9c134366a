using System.Text.Json;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace AgentWarden.Platform.Hosting;

/// <summary>
/// Every function of the program with its trigger, read from the metadata that the worker SDK generates from the attributes at build time.
/// A Functions host reads the same, so there is no second list.
/// </summary>
internal sealed class FunctionCatalog
{
    private FunctionCatalog(IReadOnlyList<FunctionDeclaration> functions) => Functions = functions;

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<FunctionDeclaration> Functions { get; }

    /// <summary>This program's.</summary>
    public static FunctionCatalog Load(Func<string, string?> settings)
    {
        // Generated code: it makes a list, and returns it in a task that has ended.
        var metadata = new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync(AppContext.BaseDirectory);
        return Of(metadata.GetAwaiter().GetResult(), settings);
    }

    public static FunctionCatalog Of(IEnumerable<IFunctionMetadata> metadata, Func<string, string?> settings) =>
        new([.. metadata.Select(m => Declared(m, settings)).OrderBy(d => d.Name, StringComparer.Ordinal)]);

    /// <summary>True when one of the handler's triggers of the given kinds is switched on.</summary>
    public bool Calls(string handler, Func<FunctionTrigger, bool> kinds) =>
        Functions.Any(f => !f.Disabled && kinds(f.Trigger) && f.Handler.Equals(handler, StringComparison.Ordinal));

    private static FunctionDeclaration Declared(IFunctionMetadata metadata, Func<string, string?> settings)
    {
        var entry = metadata.EntryPoint ?? "";
        return new(
            metadata.Name!, entry[..Math.Max(entry.LastIndexOf('.'), 0)], Trigger(metadata),
            FunctionSwitches.IsDisabled(metadata.Name!, settings));
    }

    private static FunctionTrigger Trigger(IFunctionMetadata metadata)
    {
        foreach (var binding in metadata.RawBindings ?? [])
        {
            using var document = JsonDocument.Parse(binding);
            var root = document.RootElement;
            switch (root.GetProperty("type").GetString())
            {
                case "httpTrigger":
                    return new HttpTrigger(Text(root, "route") ?? metadata.Name!, Methods(root));
                case "timerTrigger":
                    return new TimerTrigger(Text(root, "schedule")!, IsTrue(root, "runOnStartup"));
                case "queueTrigger":
                    return new QueueTrigger(Text(root, "queueName")!, Text(root, "connection") ?? "AzureWebJobsStorage");
            }
        }

        throw new HostingException($"{metadata.Name} has no trigger that this program knows: HTTP, timer or queue.");
    }

    private static string? Text(JsonElement binding, string name) => binding.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static bool IsTrue(JsonElement binding, string name) =>
        binding.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string[] Methods(JsonElement binding) => binding.TryGetProperty("methods", out var methods)
        ? [.. methods.EnumerateArray().Select(m => m.GetString()!.ToUpperInvariant())]
        : [];
}
