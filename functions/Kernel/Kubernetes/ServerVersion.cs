using System.Globalization;
using k8s.Models;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>What the API server says it is (<c>/version</c>); some clouds write the minor version as <c>27+</c>.</summary>
internal sealed record ServerVersion(int Major, int Minor, string GitVersion)
{
    public bool AtLeast(int major, int minor) => (Major, Minor).CompareTo((major, minor)) >= 0;

    public static ServerVersion Of(VersionInfo said) => new(Number(said.Major), Number(said.Minor), said.GitVersion ?? "");

    private static int Number(string? text)
    {
        var digits = string.Concat((text ?? "").TakeWhile(char.IsAsciiDigit));
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
