using System.Globalization;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Platform.Composition.Commands;

/// <summary>Reads <c>--shard</c>: <c>1/3</c>, or <c>auto/3</c> for the ordinal at the end of a StatefulSet pod's name.</summary>
internal static class ShardOption
{
    private const string Auto = "auto";

    public static Shard Parse(string? text, Func<string, string?> settings)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Shard.Whole;
        }

        var parts = text.Split('/');
        var index = parts[0] == Auto ? Ordinal(settings(Settings.Pod) ?? Environment.MachineName) : parts[0];
        return parts.Length == 2 && Number(parts[1]) is { } count and > 0 && Number(index) is { } own && own < count
            ? new(own, count)
            : throw new HostingException($"--shard {text} is not a shard: write INDEX/COUNT with an index from 0 (0/3, 1/3, 2/3), or auto/COUNT in a StatefulSet, whose pods' names end with their index.");
    }

    private static string Ordinal(string pod) => pod[(pod.LastIndexOf('-') + 1)..];

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
