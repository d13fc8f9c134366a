using System.Text.Json;

namespace AgentWarden.AzureTests;

/// <summary>A resource that a deployment would make.</summary>
/// <param name="Json">All of it. What Azure alone knows (an identity's id) is left as an expression in brackets.</param>
internal sealed record Resource(JsonElement Json)
{
    public string Type => Json.GetProperty("type").GetString()!;

    public string Id => Json.GetProperty("id").GetString()!;

    /// <summary>The last part of the name.</summary>
    public string Name => Json.GetProperty("name").GetString()!.Split('/')[^1];

    public JsonElement Properties => Json.GetProperty("properties");

    /// <summary>A property by its path; an index counts in an array.</summary>
    public JsonElement At(params ReadOnlySpan<string> path)
    {
        var found = Properties;
        foreach (var step in path)
        {
            found = found.ValueKind == JsonValueKind.Array ? found[int.Parse(step)] : found.GetProperty(step);
        }

        return found;
    }

    public string Text(params ReadOnlySpan<string> path) => At(path).GetString()!;

    public bool Is(params ReadOnlySpan<string> path) => At(path).GetBoolean();
}
