using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cel;

namespace AgentWarden.Tests.Deploy;

/// <summary>Evaluates CEL over JSON, with the variables that the API server gives.</summary>
internal static class CelExpressions
{
    private static readonly CelEnvironment Cel = new(null, null);

    /// <summary>Reading an expression costs far more than evaluating it.</summary>
    private static readonly ConcurrentDictionary<string, CelProgramDelegate> Programs = new(StringComparer.Ordinal);

    /// <summary>A match condition.</summary>
    /// <exception cref="CelException">The expression fails, as it would on the API server: a field is missing, for example.</exception>
    public static bool Holds(string expression, string operation, JsonNode? @object, JsonNode? oldObject) => Evaluate(expression, new()
    {
        ["request"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["operation"] = operation },
        ["object"] = Value(@object),
        ["oldObject"] = Value(oldObject),
    });

    /// <summary>A rule of a CustomResourceDefinition.</summary>
    public static bool HoldsFor(string rule, JsonNode? self) => Evaluate(rule, new() { ["self"] = Value(self) });

    private static bool Evaluate(string expression, Dictionary<string, object?> variables) =>
        (bool)Programs.GetOrAdd(expression, Cel.Compile)(variables)!;

    private static object? Value(JsonNode? node) => node switch
    {
        JsonObject map => map.ToDictionary(m => m.Key, m => Value(m.Value), StringComparer.Ordinal),
        JsonArray list => list.Select(Value).ToArray(),
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.String => (string)value!,
            JsonValueKind.Number => value.TryGetValue<long>(out var whole) ? whole : (double)value,
            _ => (bool)value,
        },
        _ => null,
    };
}
